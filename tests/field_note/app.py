"""The service of the field note. How it is doing stands in a file, so that a test can break it while it runs."""

import json
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()


@app.get("/health")
def health():
    return json.loads(Path("health.json").read_text())
