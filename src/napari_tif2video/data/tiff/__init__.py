"""What is in TIFF files?

`files` opens them, and `claims` refuses what they cannot hold before anything reads it; `pages`
checks and reads single pages, `alike` files that need no more than the first one; `ome` and
`metadata` read what programs wrote into them; `layout` says on which page of which file each plane
lies, `frames` reads them from there; `stacks` makes stacks of all that, and `ndtiff` of
Micro-Manager's data sets.
"""

from .claims import check_bound
from .files import translated
from .ndtiff import dataset_of, open_dataset
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
