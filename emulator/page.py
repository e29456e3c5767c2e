"""Serves the page with the phones."""

from urllib.parse import urlsplit

from flask import Blueprint, render_template

from emulator.world import World


def origin_of(address: str) -> str:
    """Where the product lives, which is framed beside the chats."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def blueprint(world: World) -> Blueprint:
    page = Blueprint("page", __name__)

    @page.get("/")
    def phones() -> str:
        return render_template(
            "phones.html",
            app=world.tenant.app.name,
            corp=world.tenant.corp_name,
            home=world.home_url,
            product=origin_of(world.home_url),
        )

    return page
