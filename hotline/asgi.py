"""One port: /events/* will be a bare event stream, all else is Django over WSGI in a pool of threads."""

from a2wsgi import WSGIMiddleware

from hotline.wsgi import application as django

THREADS = 16

application = WSGIMiddleware(django, workers=THREADS)  # type: ignore[arg-type]
