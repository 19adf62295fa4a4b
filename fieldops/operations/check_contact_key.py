"""Looking whether the contact keys that are here open what the database holds."""

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from fieldops.errors import SetupError
from fieldops.installation import Installation
from fieldops.operations.rotate_contact_key import sealed_columns


def contact_key_lines(session: Session, installation: Installation) -> list[str]:
    """Return what is to be said of the contact keys.

    Raises
    ------
    SetupError
        The newest value of a sealed column opens with none of them; the column is named.
    """
    looked = 0
    there = inspect(session.connection())
    tables = set(there.get_table_names())
    for column in sealed_columns():
        name = column.table.name
        if name not in tables or column.name not in {one["name"] for one in there.get_columns(name)}:
            continue  # not migrated yet
        (own,) = column.table.primary_key.columns
        query = select(column).where(column.is_not(None)).order_by(own.desc()).limit(1)
        held = session.scalar(query)
        if held is None:
            continue
        looked += 1
        try:
            installation.sealer.open(held.encode() if isinstance(held, str) else held)
        except SetupError:
            raise SetupError(
                "%(column)s holds something that was sealed with a contact key that is not here (there are "
                "%(count)s). Put back the key that belongs to this database; it lies in keys/ of a backup.",
                column=f"{column.table.name}.{column.name}",
                count=len(installation.sealer.keys().accepted),
            ) from None
    count = len(installation.sealer.keys().accepted)
    if count > 1:
        return [f"contact key: {count} keys, a change is under way: run rotate-contact-key to its end"]
    return [f"contact key: one, opens the newest values of {looked} columns"]
