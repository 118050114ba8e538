"""The demo shop behind the assistant: orders, parcels, refunds and requests.

`client.py` is the seam: a team replaces `DatabaseShop` with its own `ShopClient`.
"""
