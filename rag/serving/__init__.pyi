from .mcp_server import serve_stdio as serve_stdio
from .request_log import log_to_stderr as log_to_stderr
from .security import read_token as read_token
from .server import launch as launch, make_server as make_server
from .shutdown import serve as serve
