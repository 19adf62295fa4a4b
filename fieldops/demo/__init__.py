"""The demonstration city: Surakarta as a sketch, and ninety days of invented complaints.

Everything here is for demonstration. The shapes are approximate and of our own making: digitised by hand from
memory of the city's layout, not from any survey, and good for no decision. Every request, defect, depot and
crew is invented. The package is pure: a seed and a date go in, plain dataclasses and frames come out
(`fieldops.demo.city.city`).
"""
