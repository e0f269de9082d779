"""Static files under names that change with their content, the modules that modules import included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """A page never mixes the scripts of two versions."""

    support_js_module_import_aggregation = True
