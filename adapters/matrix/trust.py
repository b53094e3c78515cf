class DeviceLost(Exception):
    pass


class Trust:
    def __init__(self, *a):
        pass

    async def establish(self, *a, **k):
        return None


def signed_devices(answer, user):
    return None
