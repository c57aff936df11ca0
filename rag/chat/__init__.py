"""The chat page: a window of the browser on the articles of this machine, and conversations that are kept."""

import os

import lazy_loader

# Read by Gradio before it asks its makers for news: nothing here but `rag fetch` opens a connection.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
# Gradio keeps a record of every event for its statistics, which are off here.
os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "100"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
