"""The catalogue folder: validated as a whole, loaded as a whole or not at all."""

from __future__ import annotations

from bootstrap.catalogue.load import CATALOGUE_DIR, load_catalogue, load_files
from bootstrap.catalogue.problems import CatalogueError
from bootstrap.catalogue.reload import CatalogueRefusal, FolderCatalogue

__all__ = [
    "CATALOGUE_DIR",
    "CatalogueError",
    "CatalogueRefusal",
    "FolderCatalogue",
    "load_catalogue",
    "load_files",
]
