"""Names for the arrays and generators that all parts share."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""A picture, [height, width, 3] in RGB unless said otherwise."""
Floats = NDArray[np.float32]
Rng = np.random.Generator
Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""
