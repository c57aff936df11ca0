from .endpoint import EndpointGenerator as EndpointGenerator
from .endpoint_pool import EndpointPool as EndpointPool
from .llama import check_gguf as check_gguf
from .llama_cpp import LlamaCppGenerator as LlamaCppGenerator
from .process import GeneratorApart as GeneratorApart
