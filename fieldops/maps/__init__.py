"""Maps: tiles of requests that follow the database, and the pages that folium draws for engineers, with every
file from this site; the only room that knows folium.
"""
