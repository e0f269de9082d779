"""What a clock would be whose effect and whose record are two transactions."""

import os

import psycopg


def main() -> None:
    """Fire what has not fired, and then say so."""
    with psycopg.connect(os.environ["CARELESS_URL"], autocommit=True) as connection:
        for (pk,) in connection.execute("SELECT id FROM careless_clock WHERE NOT done").fetchall():
            connection.execute("INSERT INTO careless_fired VALUES (%s)", [pk])
            with connection.transaction():
                connection.execute("UPDATE careless_clock SET done = true WHERE id = %s", [pk])


if __name__ == "__main__":
    main()
