"""The API's page, in the split form that a strict content security policy allows."""

from drf_spectacular.views import SpectacularSwaggerSplitView


class Docs(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files; its script is a page of its own."""

    url_name = "api-schema"
