// SPDX-License-Identifier: Apache-2.0
#include "verify/api.hpp"

namespace flashrnn::verify {

flashrnn_status LibraryApi::plan_create(const flashrnn_problem& problem, flashrnn_plan** plan) {
  return flashrnn_plan_create(context_, &problem, plan);
}
void LibraryApi::plan_destroy(flashrnn_plan* plan) { flashrnn_plan_destroy(plan); }
flashrnn_status LibraryApi::get_sizes(const flashrnn_plan* plan, flashrnn_sizes& sizes) {
  return flashrnn_plan_get_sizes(plan, &sizes);
}
flashrnn_status LibraryApi::pack_weights(const flashrnn_plan* plan, const flashrnn_pack_args& args) {
  return flashrnn_pack_weights(plan, &args);
}
flashrnn_status LibraryApi::forward(const flashrnn_plan* plan, const flashrnn_forward_args& args) {
  return flashrnn_forward(plan, &args);
}
flashrnn_status LibraryApi::backward(const flashrnn_plan* plan, const flashrnn_backward_args& args) {
  return flashrnn_backward(plan, &args);
}
flashrnn_status LibraryApi::step(const flashrnn_plan* plan, const flashrnn_step_args& args) {
  return flashrnn_step(plan, &args);
}
std::string LibraryApi::last_error() { return flashrnn_last_error(); }

}  // namespace flashrnn::verify
