#pragma once

/** Whether this processor runs the kernels. */
bool hasKernels();
