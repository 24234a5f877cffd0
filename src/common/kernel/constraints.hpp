// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// The texts of the .constrint files of this folder. A form's model is its own text, what all fused forms share, and
/// where its blocks exchange h.
namespace flashrnn::kernel {

[[nodiscard]] std::string_view fused_constraints();
[[nodiscard]] std::string_view fused_forward_constraints();
[[nodiscard]] std::string_view fused_backward_constraints();
[[nodiscard]] std::string_view exchange_block_constraints();
[[nodiscard]] std::string_view exchange_cluster_constraints();
[[nodiscard]] std::string_view exchange_grid_constraints();
[[nodiscard]] std::string_view stepwise_constraints();

}  // namespace flashrnn::kernel
