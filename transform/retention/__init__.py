"""Do newcomers stay?"""
