"""What is in TIFF files?

`pages` checks and reads single pages; `ome` and `metadata` read what programs wrote into them;
`layout` says on which page of which file each plane lies, `frames` reads them from there; `stacks`
makes stacks of all that, and `ndtiff` of Micro-Manager's data sets. `claims` refuses what a file
cannot hold before anything reads it.
"""

from .claims import check_bound
from .ndtiff import dataset_of, open_dataset
from .pages import translated
from .stacks import is_single_image, open_file, open_folder

__all__ = [
    "check_bound",
    "dataset_of",
    "is_single_image",
    "open_dataset",
    "open_file",
    "open_folder",
    "translated",
]
