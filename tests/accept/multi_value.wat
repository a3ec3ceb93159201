;; Blocks, loops, ifs and functions with several parameters and results
;; expect: OK
(module
  (type $pair (func (param i32 i64) (result i64 i32)))
  (func $swap (type $pair)
    local.get 1
    local.get 0)
  (func (result i64 i32)
    i32.const 1
    i64.const 2
    block (type $pair)
      call $swap
    end)
  (func (param i32) (result i64 i32)
    i32.const 1
    i64.const 2
    local.get 0
    if (type $pair)
      call $swap
    else
      drop
      i64.extend_i32_u
      i32.const 7
    end)
  (func (param i32) (result i32)
    i32.const 10
    i64.const 1
    loop (param i32 i64) (result i32)
      drop
      i32.const 1
      i32.sub
      i64.const 2
      local.get 0
      br_if 0
      drop
    end)
  (func (param i32) (result i32 f64)
    block (result i32 f64)
      block (result i32 f64)
        i32.const 1
        f64.const 2
        local.get 0
        br_table 0 1 2
      end
    end))
