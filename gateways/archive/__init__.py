"""The chat archive (会话内容存档): sealed pages in, messages in plain words out."""
