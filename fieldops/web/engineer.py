from flask import Blueprint

blueprint = Blueprint("engineer", __name__)
