/** Objects of TensorFlow's C API that delete themselves, and its errors as exceptions. */
#pragma once
#include <memory>
#include <stdexcept>
#include "tensorflow/c/c_api.h"

template <typename T, void (*Delete)(T *)>
struct Deleter {
  void operator()(T *object) const { Delete(object); }
};

template <typename T, void (*Delete)(T *)>
using Handle = std::unique_ptr<T, Deleter<T, Delete>>;

using Buffer = Handle<TF_Buffer, TF_DeleteBuffer>;
using Graph = Handle<TF_Graph, TF_DeleteGraph>;
using ImportOptions = Handle<TF_ImportGraphDefOptions, TF_DeleteImportGraphDefOptions>;
using SessionOptions = Handle<TF_SessionOptions, TF_DeleteSessionOptions>;
using Tensor = Handle<TF_Tensor, TF_DeleteTensor>;

/** The outcome of a call of the C API. */
class Status {
 public:
  operator TF_Status *() const { return status_.get(); }

  /** Throws TensorFlow's message where the call failed. */
  void check() const {
    if (TF_GetCode(status_.get()) != TF_OK) throw std::runtime_error(TF_Message(status_.get()));
  }

 private:
  Handle<TF_Status, TF_DeleteStatus> status_{TF_NewStatus()};
};
