"""Synthetic licence plates: fonts, stroke alphabets, formats, renderer and training canvases."""
