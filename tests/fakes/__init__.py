"""Fakes of ports; each passes the contract suite of its port."""
