from flask import Blueprint

blueprint = Blueprint("crew", __name__)
