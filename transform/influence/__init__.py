"""Does influence follow contribution?"""
