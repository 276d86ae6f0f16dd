import re
from urllib.parse import parse_qs, urlsplit

from tests.demo.conftest import ACCESS_TOKEN, CODE, OPERATION_ID, REFRESH_TOKEN, USER
