"""Writes models of keras.applications with random weights, and what Keras answers to random pixels.

python applications.py FOLDER NAME...     # NAME, or NAME:WIDTH for a narrower one; needs keras 3
"""
import os
import sys

os.environ.update(TF_CPP_MIN_LOG_LEVEL='3', CUDA_VISIBLE_DEVICES='-1')

import keras
import numpy as np

folder, *names = sys.argv[1:]
draw = np.random.default_rng(1)

# Those that refuse images of 64 pixels take the smallest that they know.
sides = {'InceptionV3': 75, 'InceptionResNetV2': 75, 'Xception': 75}


def values(weight):
    """Values of such a size that a net of a hundred layers neither dies nor explodes."""
    shape, name = tuple(weight.shape), weight.name
    if 'variance' in name:
        return draw.uniform(0.5, 1.5, shape)
    if name == 'gamma':
        return draw.uniform(0.5, 0.9, shape)
    if 'kernel' in name:
        inputs = np.prod(shape[:2] if 'depthwise' in name else shape[:-1])
        return draw.normal(0, (1 / inputs) ** 0.5, shape)
    return draw.uniform(-0.2, 0.2, shape)


def make(name):
    name, _, width = name.partition(':')
    side = sides.get(name, 64)
    options = {'alpha': float(width)} if width else {}
    return getattr(keras.applications, name)(
        weights=None, input_shape=(side, side, 3), classes=10, classifier_activation=None, **options
    )


for each in names:
    keras.backend.clear_session()
    model = make(each)
    name = each.partition(':')[0]
    for weight in model.weights:
        if 'float' in str(weight.dtype):
            weight.assign(values(weight).astype('float32'))
    pixels = draw.uniform(0, 255, (2, *model.input_shape[1:])).astype('float32')
    model.save(os.path.join(folder, f'{name}.keras'))
    pixels.tofile(os.path.join(folder, f'{name}.pixels'))
    model.predict(pixels, verbose=0).astype('float32').tofile(os.path.join(folder, f'{name}.logits'))
