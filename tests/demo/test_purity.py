"""The generator works without the application and without a database."""

import subprocess
import sys

CODE = """
import sys
import fieldops.demo.city, fieldops.demo.photos
heavy = {"flask", "sqlalchemy", "geoalchemy2", "folium", "geo"}
print(sorted(heavy & {name.partition(".")[0] for name in sys.modules}))
"""


def test_no_application_and_no_database_is_imported() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
