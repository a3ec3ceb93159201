;; After a branch the stack is polymorphic
;; expect: OK
(module
  (memory 1)
  (func (result i32)
    unreachable
    i32.add)
  (func (result i64)
    (block (result i64)
      i64.const 1
      br 0
      select
      i64.add
      i32.const 3
      i64.const 4
      drop
      drop))
  (func (param i32) (result f32)
    f32.const 1
    return
    ref.is_null
    drop
    f32.load
    i32.const 0
    (if (param f32) (result f32) (then unreachable) (else))
    f32.add)
  (func (result externref) (local externref)
    (loop (result externref) br 0)
    drop
    unreachable
    local.get 0)
  (func
    (block
      (block (result i32)
        unreachable
        br_table 1 1 1)
      drop)))
