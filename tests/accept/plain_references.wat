;; Without singula imports, references may be exported as the specification allows
;; expect: OK
(module
  (import "m" "f" (func $f (param externref) (result externref)))
  (table (export "t") 1 funcref)
  (elem (i32.const 0) func $f $g)
  (export "again" (func $f))
  (func $g (export "g") (param externref funcref) (result externref)
    local.get 0
    call $f)
  (global (export "r") (mut externref) (ref.null extern)))
