;; A function that takes a block is the result of an exported one
;; expect: STR_EXPORTED_REFERENCE func=1 offset=0x3f
;; monitor: - such a function is called by others, not by main
;; contract: block A { x: i32; }
(module
  (import "singula/A" "x.get" (func $get (param externref) (result i32)))
  (elem declare func $read)
  (func $read (param externref) (drop (call $get (local.get 0))))
  (func (export "main") (result funcref) (ref.func $read)))
