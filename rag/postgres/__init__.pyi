from .chats import ChatTables as ChatTables
from .connection import shown_url as shown_url
from .integrity import verify_shared as verify_shared
from .reader import SharedIndex as SharedIndex, open_shared as open_shared, shared_manifest as shared_manifest
from .transfer import move as move, pull as pull, share as share
from .writer import Brought as Brought, push as push, store_projection as store_projection
