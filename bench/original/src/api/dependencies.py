def get_current_optional_user():
    return None
