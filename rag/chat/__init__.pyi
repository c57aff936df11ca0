from .chat_app import launch as launch, make_chat as make_chat
