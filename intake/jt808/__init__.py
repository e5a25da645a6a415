"""JT/T 808, the protocol of vehicle terminals: frames, messages, sub-packages, one terminal's conversation, listener.

Sources: JT/T 808-2011, -2013 and -2019 of the Ministry of Transport. Ours because no kept Python library was found
(docs/decisions/0025-own-jt808-parser.md).
"""
