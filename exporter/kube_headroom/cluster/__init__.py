"""List and watch the API server and turn its objects into facts; nothing else talks to the API server."""
