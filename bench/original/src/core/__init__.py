import json as json_utils
import logging


def get_logger(name):
    logger = logging.getLogger(name)
    logger.setLevel(logging.CRITICAL)
    return logger
