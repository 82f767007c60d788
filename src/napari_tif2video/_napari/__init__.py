"""The side of the package that faces napari. Nothing outside imports it before napari is loaded."""
