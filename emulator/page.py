"""Serves the page with the phones."""

from flask import Blueprint, render_template

from emulator.world import World


def blueprint(world: World) -> Blueprint:
    page = Blueprint("page", __name__)

    @page.get("/")
    def phones() -> str:
        return render_template(
            "phones.html", app=world.tenant.app.name, corp=world.tenant.corp_name, home=world.home_url
        )

    return page
