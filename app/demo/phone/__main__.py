"""`python -m app.demo.phone`: the phone as a command."""

from app.demo.phone.commands import phone

if __name__ == "__main__":
    phone(prog_name="python -m app.demo.phone")
