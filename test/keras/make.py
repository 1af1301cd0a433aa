"""Makes the Keras models of this folder, and what Keras answers to the images of `images`.

python make.py     # needs keras 3, tf_keras and tensorflowjs
"""
import json
import os
import shutil
import subprocess
import sys
import types

os.environ.update(TF_CPP_MIN_LOG_LEVEL='3', CUDA_VISIBLE_DEVICES='-1', TF_USE_LEGACY_KERAS='1')

import keras
import numpy as np
import tf_keras

here = os.path.dirname(os.path.abspath(__file__))
side, count = 8, 3


def images():
    """Pixels from 0 to 255, the same in `fixtures.ts`."""
    return (np.arange(count * side * side * 3) * 37 % 256).astype('float32').reshape(count, side, side, 3)


def nested(k):
    """Models inside a model, each with layers named by Keras, and all that an import leaves out or folds."""
    layers = k.layers
    pixels = layers.Input((side, side, 3), name='pixels')
    encoder = k.Sequential(
        [layers.Conv2D(3, 3, use_bias=False, name='c'), layers.BatchNormalization(name='b'), layers.Conv2D(3, 1)],
        name='encoder',
    )
    inner = layers.Input((6, 6, 3))
    first = layers.Conv2D(2, 3, padding='same', activation='relu')(inner)
    block = k.Model(inner, layers.Conv2D(2, 3, padding='same')(first), name='block')
    x = layers.RandomFlip(name='flip')(pixels)
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = block(encoder(x))
    x = layers.GaussianNoise(0.1)(x)
    x = layers.SeparableConv2D(4, 3)(x)
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return k.Model(pixels, layers.Dense(3, activation='softmax')(x), name='nested')


def stir(model):
    """Gives every weight values of its own, variances positive ones."""
    draw = np.random.default_rng(1)

    def fill(weight):
        name = getattr(weight, 'path', weight.name)
        low, high = (0.5, 1.5) if 'variance' in name else (-0.5, 0.5)
        return draw.uniform(low, high, weight.shape).astype('float32')

    for layer in model._flatten_layers(include_self=False) if hasattr(model, '_flatten_layers') else model.layers:
        if not getattr(layer, 'layers', None) and 'random' not in type(layer).__name__.lower():
            own = [each for each in layer.weights if 'seed' not in each.name]
            for weight in own:
                weight.assign(fill(weight))
    return model


def train(model):
    """One step, so that files hold the state of an optimizer."""
    model.compile(optimizer='sgd', loss='categorical_crossentropy')
    model.fit(images(), np.eye(3)[[0, 1, 2]], verbose=0)
    return model


answers = {}


def note(name, model):
    answers[name] = model.predict(images(), verbose=0).tolist()


def at(name):
    return os.path.join(here, name)


three = train(stir(nested(keras)))
three.save(at('nested-3.keras'))
three.save(at('nested-3.h5'))
note('nested-3', three)
two = train(stir(nested(tf_keras)))
two.save(at('nested-2.keras'))
two.save(at('nested-2.h5'))
note('nested-2', two)

sys.modules['tensorflow_decision_forests'] = types.ModuleType('tensorflow_decision_forests')
import tensorflowjs
from tensorflowjs.converters import converter

for name, kinds in {'float32': None, 'float16': {'float16': '*'}, 'uint8': {'uint8': '*'}, 'uint16': {'uint16': '*'}}.items():
    folder = at(f'nested-2-{name}')
    shutil.rmtree(folder, ignore_errors=True)
    tensorflowjs.converters.save_keras_model(two, folder, quantization_dtype_map=kinds)
shutil.rmtree(at('nested-3-tfjs'), ignore_errors=True)
os.makedirs(at('tmp'))
shutil.copy(at('nested-3.keras'), at('tmp/nested-3.keras'))
converter.dispatch_keras_keras_to_tfjs_layers_model_conversion(at('tmp/nested-3.keras'), at('nested-3-tfjs'))
shutil.rmtree(at('tmp'))

with open(at('answers.json'), 'w') as file:
    json.dump(answers, file)
