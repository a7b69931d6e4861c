"""Webhooks in over HTTP, as a plain ASGI application: nothing stands between the socket and the verifier."""
