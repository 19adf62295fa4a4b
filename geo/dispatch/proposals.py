"""What vehicles were told before, or what a file proposes to start from, as job numbers in order."""

from __future__ import annotations

from geo.dispatch.tables import Tables


def proposed_orders(tables: Tables) -> list[list[int]]:
    """Open jobs per vehicle from the steps of the file; else from the plan told before."""
    orders = [
        [
            tables.number_of[step.id]
            for step in vehicle.open_steps
            if step.type == "job" and step.id is not None
        ]
        for vehicle in tables.problem.vehicles
    ]
    return orders if any(orders) else previous_orders(tables)


def previous_orders(tables: Tables) -> list[list[int]]:
    """Open jobs per vehicle as they were told before."""
    number = {vehicle.id: v for v, vehicle in enumerate(tables.problem.vehicles)}
    orders: list[list[int]] = [[] for _ in tables.crews]
    for route in tables.problem.previous:
        jobs = [tables.number_of[job] for job in route.jobs]
        orders[number[route.vehicle]].extend(job for job in jobs if job not in tables.frozen_end)
    return orders
