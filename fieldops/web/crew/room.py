"""The crew leaders' blueprint, on its own so that its pages and its reports need not know each other."""

from flask import Blueprint

blueprint = Blueprint("crew", __name__, url_prefix="/regu")
