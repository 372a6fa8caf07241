"""The pages of the detail view, and the way to them from the EHR."""

from cds_service.web.smart.browser import Browser
from cds_service.web.smart.pages import LaunchPort, Pages, ViewPort, smart_blueprint

__all__ = ["Browser", "LaunchPort", "Pages", "ViewPort", "smart_blueprint"]
