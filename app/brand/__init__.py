"""How a bank makes the pages its own: a folder with colours, a logo, words and links."""

from app.brand.findings import Findings
from app.brand.look import Brand, BrandFile, Link
from app.brand.reading import read

__all__ = ["Brand", "BrandFile", "Findings", "Link", "read"]
