"""`python -m fieldops COMMAND`."""

from fieldops.cli import main

if __name__ == "__main__":
    main()
