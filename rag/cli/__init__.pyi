from .commands import main as main, rag as rag
from .renderer import Renderer as Renderer
