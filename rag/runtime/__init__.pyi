from .assembly import (
    Models as Models,
    build as build,
    embedder_on_ray as embedder_on_ray,
    fetch_models as fetch_models,
    load_models as load_models,
    make_embedder as make_embedder,
    make_generator as make_generator,
    make_models as make_models,
    make_reranker as make_reranker,
    open_answering as open_answering,
    open_pipeline as open_pipeline,
    open_retrieval as open_retrieval,
    pipeline_over as pipeline_over,
    preview as preview,
    retriever_over as retriever_over,
)
from .doctor import Check as Check, examine as examine
from .http import (
    Guard as Guard,
    is_loopback as is_loopback,
    listen as listen,
    own_names as own_names,
    quiet_config as quiet_config,
    run as run,
    serve as serve,
    url_of as url_of,
)
from .location import (
    is_url as is_url,
    needs_folder as needs_folder,
    present_catalog as present_catalog,
    present_manifest as present_manifest,
    present_place as present_place,
    shown_place as shown_place,
)
from .service import Service as Service
