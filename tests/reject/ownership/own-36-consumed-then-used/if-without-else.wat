;; An if without else takes the reference as its parameter, frees it and passes it on
;; expect: OWN_SPLIT func=3 offset=0x7f
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (type $pass (func (param externref) (result externref)))
  (func (export "main") (local $a externref)
    (call $Text.new (i32.const 1))
    (if (type $pass) (call $choose)
      (then
        local.tee $a
        (call $Text.free (local.get $a))
        ;; refused here: at the end
      ))
    call $Text.free)
)
